# frozen_string_literal: true

require_relative "lib/libbullmq/codes"

Gem::Specification.new do |spec|
  spec.name = "libbullmq"
  spec.version = BullMQ::Codes::VERSION
  spec.summary = "BullMQ queues for Ruby, on the C library libbullmq"
  spec.description = "Adds and runs jobs of BullMQ queues, which Node.js, Python, Go and C share."
  spec.authors = ["The libbullmq authors"]
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "ext/**/*.{rb,c}", "sig/**/*.rbs"] }
  spec.extensions = ["ext/libbullmq/extconf.rb"]
  spec.require_paths = ["lib"]
end
