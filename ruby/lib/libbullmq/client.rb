# frozen_string_literal: true

require "io/wait"
require "json"

module BullMQ
  # One connection to Redis with its own native thread: the calls of the C library, nothing added.
  #
  # Every call answers at once with the id of an operation; its outcome is a Record of #take with that id.
  # Calls raise Refused when the library refuses them. While Redis cannot be reached operations wait, as
  # connection.maxRetriesPerRequest says. May be used from any thread.
  class Client
    # `options` are the client's of docs/options.md, by Node's names: {connection: {host: "10.0.0.1"}}.
    def initialize(options = {})
      conf = conf_of(Codes::CONF_CLIENT, options)
      @native = Native::Client.new(conf)
      raise Refused.new(conf.error.empty? ? Codes::ESYS : Codes::EINVAL, conf.error) unless @native.open?
      # A duplicate of the library's descriptor: closing it wakes whoever waits and leaves that one alone.
      @events = IO.for_fd(accepted(@native.fd), autoclose: false).dup
    end

    # Opens a queue, which connects; answers its id.
    def open_queue(name, options = {})
      conf = conf_of(Codes::CONF_QUEUE, options)
      accepted(@native.queue_open(name, conf), conf)
    end

    # Runs a command of docs/commands.md on a queue; answers the operation. `payload` is sent as it is.
    def call(queue, command, args = {}, payload = "")
      accepted(@native.call(queue, command, JSON.generate(args), payload))
    end

    # Opens a worker that runs up to `concurrency` jobs at once; answers its id. Jobs arrive as EV_JOB.
    def open_worker(queue, options = {}, concurrency: 1)
      conf = conf_of(Codes::CONF_WORKER, options)
      worker = accepted(@native.worker_open(queue, conf), conf)
      accepted(@native.worker_credit(worker, concurrency))
      worker
    end

    # The job ended well. `result` is JSON text; empty: null.
    def done(job, result = "")
      accepted(@native.job_done(job, result))
    end

    # The job failed. `failure` has message, and optionally name, stack, giveBack.
    def fail(job, failure)
      accepted(@native.job_fail(job, JSON.generate(failure)))
    end

    # The events that wait: an array of Record, empty when there are none. Never blocks.
    def take(max = 0)
      batch = @native.take(max)
      return [] if batch.nil?
      bytes = batch.bytes
      batch.release
      Record.read(bytes)
    end

    # Waits until #take has events; false when `timeout` (s) passed first. Other threads and fibers run.
    # Refused with ECLOSED when the client is freed meanwhile.
    def wait(timeout = nil)
      accepted(@native.fd)
      !@events.wait_readable(timeout).nil?
    rescue IOError
      raise Refused.new(Codes::ECLOSED)
    end

    # Closes in order: jobs that run may finish for `grace_ms` (negative: without limit). Answers the
    # operation whose outcome is the last event.
    def close(grace_ms = -1)
      accepted(@native.close(grace_ms))
    end

    # Releases everything at once. Every later call is refused with ECLOSED.
    def free
      @events.close
      @native.release
    end

    private

    def conf_of(scope, options)
      conf = Native::Conf.new(scope)
      accepted(conf.set_json(JSON.generate(options)), conf)
      conf
    end

    def accepted(answer, conf = nil)
      raise Refused.new(answer, conf ? conf.error : "") if answer.negative?
      answer
    end
  end
end
