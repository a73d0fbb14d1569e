# frozen_string_literal: true

# BullMQ queues for Ruby, on the C library libbullmq.
#
# This version holds the low level on which queues and workers are built: BullMQ::Client gives the calls of
# the C library, its events arrive as BullMQ::Record.
module BullMQ
end

require "libbullmq/codes"
require "libbullmq/error"
require "libbullmq/record"
require "libbullmq/native"
require "libbullmq/client"
