# frozen_string_literal: true

module BullMQ
  # Anything that went wrong in this library.
  class Error < StandardError
  end

  # The C library refused a call; nothing was begun. `code` is one of Codes::EINVAL, ENOMEM, ECLOSED,
  # EFORKED, EFULL and ESYS.
  class Refused < Error
    attr_reader :code

    # `reason` is a sentence that says more than the code does, if there is one.
    def initialize(code, reason = "")
      @code = code
      super(reason.empty? ? Native.strerror(code) : reason)
    end
  end

  # Bytes that should be records are not.
  class MalformedRecord < Error
  end
end
