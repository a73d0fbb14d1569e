# frozen_string_literal: true

require "tmpdir"
require "fileutils"

# A Redis server of one test, on a unix socket in a private folder.
class PrivateRedis
  attr_reader :path

  def initialize
    @folder = Dir.mktmpdir("bullmq-test-")
    @path = File.join(@folder, "redis.sock")
    reader, writer = IO.pipe
    @pid = Process.spawn("redis-server", "--port", "0", "--unixsocket", @path, "--save", "", "--dir", @folder,
      out: writer, err: writer)
    writer.close
    log = reader.each_line.take_while { |line| !line.include?("ready to accept connections") }
    raise "redis-server did not start: #{log.join}" unless File.socket?(@path)
    @drain = Thread.new { reader.each_line {} }
  end

  # The output of redis-cli, without its last newline.
  def ask(*command)
    IO.popen(["redis-cli", "-s", @path, *command], &:read).chomp
  end

  def stop
    Process.kill(:TERM, @pid)
    Process.wait(@pid)
    @drain.join
    FileUtils.rm_rf(@folder)
  end
end
