# frozen_string_literal: true

require "minitest/autorun"
require "libbullmq"
require_relative "private_redis"

class ClientTest < Minitest::Test
  include BullMQ

  LIMIT = 20 # s

  def setup
    @redis = PrivateRedis.new
    @client = Client.new(connection: {path: @redis.path})
    @waiting = []
  end

  def teardown
    @client.free
    @redis.stop
  end

  def test_a_job_is_added_taken_and_finished
    queue = @client.open_queue("smoke")
    added = @client.call(queue, "add", {name: "welcome", opts: {attempts: 2}}, '{"user":7}')
    job_id = event(Codes::EV_REPLY, added).text(Codes::TAG_VALUE)

    worker = @client.open_worker(queue)
    job = event(Codes::EV_JOB)
    assert_equal worker, job[Codes::TAG_WORKER]
    assert_equal job_id, job.text(Codes::TAG_JOB_ID)
    assert_equal "welcome", job.text(Codes::TAG_NAME)
    assert_equal '{"user":7}', job.text(Codes::TAG_DATA)

    stored = event(Codes::EV_REPLY, @client.done(job.id, '{"sent":true}'))
    assert_equal "completed", stored.text(Codes::TAG_OUTCOME)
    refute_empty @redis.ask("ZSCORE", "bull:smoke:completed", job_id)
    assert_equal '{"sent":true}', @redis.ask("HGET", "bull:smoke:#{job_id}", "returnvalue")
  end

  def test_data_with_nul_and_every_byte_of_utf8_arrives_as_sent
    data = %({"text":"a\\u0000b ☃ 𝄞"})
    queue = @client.open_queue("bytes")
    event(Codes::EV_REPLY, @client.call(queue, "add", {name: "n"}, data))
    @client.open_worker(queue)
    assert_equal data, event(Codes::EV_JOB).text(Codes::TAG_DATA)
  end

  def test_bulk_request_is_answered_per_entry
    queue = @client.open_queue("bulk")
    records = %w[a b c].map { |name| Record.write(Codes::REC_ADD, [[Codes::TAG_NAME, name], [Codes::TAG_DATA, "{}"]]) }
    reply = event(Codes::EV_REPLY, @client.call(queue, "addBulk", {}, records.join))
    assert_equal %w[1 2 3], reply.fields.select { |tag, _| tag == Codes::TAG_JOB_ID }.map(&:last)
  end

  def test_a_failure_is_stored_with_its_message
    queue = @client.open_queue("failing")
    event(Codes::EV_REPLY, @client.call(queue, "add", {name: "n"}, "{}"))
    @client.open_worker(queue)
    job = event(Codes::EV_JOB)
    stored = event(Codes::EV_REPLY, @client.fail(job.id, {message: "no such user"}))
    assert_equal "failed", stored.text(Codes::TAG_OUTCOME)
    assert_equal "no such user", @redis.ask("HGET", "bull:failing:1", "failedReason")
  end

  def test_waiting_leaves_other_threads_running
    counted = 0
    counter = Thread.new { loop { (counted += 1) && Thread.pass } }
    refute @client.wait(0.05)
    counter.kill
    assert_operator counted, :>, 0
  end

  def test_a_wrong_option_is_refused_with_its_name
    refused = assert_raises(Refused) { Client.new(connection: {hots: "x"}) }
    assert_equal Codes::EINVAL, refused.code
    assert_includes refused.message, "connection.hots"
  end

  def test_a_bad_queue_name_is_refused
    assert_equal Codes::EINVAL, assert_raises(Refused) { @client.open_queue("a:b") }.code
    assert_raises(ArgumentError) { @client.open_queue("a\0b") }
  end

  def test_a_freed_client_refuses_calls
    queue = @client.open_queue("gone")
    @client.free
    @client.free
    assert_equal Codes::ECLOSED, assert_raises(Refused) { @client.call(queue, "pause") }.code
    assert_empty @client.take
  end

  def test_free_wakes_whoever_waits
    waiting = Thread.new { assert_raises(Refused) { @client.wait } }
    Thread.pass until waiting.stop?
    @client.free
    assert_equal Codes::ECLOSED, waiting.value.code
  end

  def test_handles_are_collected_in_any_order
    20.times { |n| Client.new(connection: {path: @redis.path}).open_queue("collected#{n}") }
    GC.start
    test_a_job_is_added_taken_and_finished
  end

  def test_a_forked_child_is_refused_and_can_make_its_own_client
    queue = @client.open_queue("forked")
    child = fork do
      code = assert_raises(Refused) { @client.call(queue, "pause") }.code
      own = Client.new(connection: {path: @redis.path})
      own.open_queue("forked")
      exit!((code == Codes::EFORKED) ? 0 : 1)
    end
    Process.wait(child)
    assert_predicate $?, :success?
  end

  private

  # The first event of this type and, if given, of this id; others are kept for later.
  def event(type, id = nil)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + LIMIT
    loop do
      found = @waiting.index { |record| record.type == type && (id.nil? || record.id == id) }
      return @waiting.delete_at(found) if found
      failed = @waiting.find { |record| record.type == Codes::EV_ERROR && record.id == id }
      flunk failed.text(Codes::TAG_MESSAGE) if failed
      left = limit - Process.clock_gettime(Process::CLOCK_MONOTONIC)
      flunk "no event of type #{type} within #{LIMIT} s" unless left.positive? && @client.wait(left)
      @waiting.concat(@client.take)
    end
  end
end
