# examples/ruby/round_trip.rb: adds one job, runs it, closes in order
# frozen_string_literal: true
require "json"
require "libbullmq"

include BullMQ::Codes

client = BullMQ::Client.new(connection: {host: "127.0.0.1", port: 6379})
queue = client.open_queue("thumbnails")
client.open_worker(queue, concurrency: 10)
client.call(queue, "add", {name: "resize", opts: {attempts: 3}}, JSON.generate(image: 7))

closing = nil
closed = false
until closed
  client.wait # other threads and fibers run meanwhile
  client.take.each do |event|
    case event.type
    when EV_JOB
      puts "running #{event.text(TAG_NAME)} #{event.text(TAG_DATA)}"
      client.done(event.id, JSON.generate(width: 320))
    when EV_ERROR
      abort event.text(TAG_MESSAGE)
    when EV_REPLY
      closed ||= event.id == closing
      outcome = event.text(TAG_OUTCOME) or next
      puts "stored as #{outcome}"
      closing = client.close
    end
  end
end
client.free
