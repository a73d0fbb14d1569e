# frozen_string_literal: true

require "minitest/autorun"
require "json"
require "libbullmq"

class RecordTest < Minitest::Test
  GOLDEN = File.expand_path("../../bindings/golden", __dir__)
  DESCRIBED = Dir["#{GOLDEN}/*.json"].map { |path| File.basename(path, ".json") }
  # What readers must skip, a writer cannot write.
  READ_ONLY = %w[unknown-kinds reserved-byte].freeze

  DESCRIBED.each do |name|
    define_method("test_reads_#{name}_as_described") do
      assert_equal expected(name), BullMQ::Record.read(bytes(name)).map { |record| meaning(record) }
    end

    next if READ_ONLY.include?(name)
    define_method("test_writes_#{name}_as_encoded") do
      written = BullMQ::Record.read(bytes(name)).map do |record|
        BullMQ::Record.write(record.type, record.fields, id: record.id)
      end
      assert_equal bytes(name), written.join
    end
  end

  Dir["#{GOLDEN}/malformed/*.bin"].each do |path|
    define_method("test_refuses_#{File.basename(path, ".bin")}") do
      assert_raises(BullMQ::MalformedRecord) { BullMQ::Record.read(File.binread(path)) }
    end
  end

  def test_golden_files_are_there
    refute_empty DESCRIBED
  end

  private

  def bytes(name)
    File.binread("#{GOLDEN}/#{name}.bin")
  end

  def expected(name)
    JSON.parse(File.read("#{GOLDEN}/#{name}.json"))
  end

  def meaning(record)
    fields = record.fields.map do |tag, value|
      [tag, value.is_a?(String) ? {"hex" => value.unpack1("H*")} : value]
    end
    {"type" => record.type, "id" => record.id, "fields" => fields}
  end
end
