# frozen_string_literal: true

module BullMQ
  # A flat record of bindings/records.md: an event of the library, or an entry of a bulk request.
  #
  # `type` is one of Codes::EV_... or REC_..., `id` the operation, job, worker or queue it belongs to,
  # `fields` the pairs [tag, value] in their order: Integer, Float, or String (binary, as it was sent).
  class Record
    HEADER = "L<S<S<q<"
    HEADER_SIZE = 16
    FIELD = "S<CCL<"
    FIELD_SIZE = 8

    attr_reader :type, :id, :fields

    def initialize(type, id, fields)
      @type = type
      @id = id
      @fields = fields
    end

    # The value of the first field with this tag, nil without one.
    def [](tag)
      pair = fields.assoc(tag)
      pair && pair[1]
    end

    # As #[], as UTF-8 text.
    def text(tag)
      self[tag]&.dup&.force_encoding(Encoding::UTF_8)
    end

    # The records that `bytes` consist of. Raises MalformedRecord.
    def self.read(bytes)
      records = []
      offset = 0
      while offset < bytes.bytesize
        refuse(offset, "is cut off") if bytes.bytesize - offset < HEADER_SIZE
        length, type, count, id = bytes.unpack(HEADER, offset: offset)
        refuse(offset, "claims #{length} bytes") if length < HEADER_SIZE || length > bytes.bytesize - offset
        records << new(type, id, read_fields(bytes, offset + HEADER_SIZE, offset + length, count))
        offset += length
      end
      records
    end

    # The bytes of a record with these pairs of tag and value; nil values are left out.
    def self.write(type, pairs, id: 0)
      fields = pairs.reject { |_, value| value.nil? }
      body = fields.map { |tag, value| write_field(tag, value) }.join
      [HEADER_SIZE + body.bytesize, type, fields.length, id].pack(HEADER) + body
    end

    class << self
      private

      def read_fields(bytes, offset, limit, count)
        fields = []
        count.times do
          refuse(offset, "has a field cut off") if limit - offset < FIELD_SIZE
          tag, kind, _reserved, size = bytes.unpack(FIELD, offset: offset)
          offset += FIELD_SIZE
          refuse(offset, "has a field of #{size} bytes") if size > limit - offset
          value = read_value(bytes, offset, kind, size)
          fields << [tag, value] unless value.nil?
          offset += size
        end
        fields
      end

      # nil for a kind that this version does not know.
      def read_value(bytes, offset, kind, size)
        return bytes.byteslice(offset, size) if kind == Codes::KIND_BYTES
        return unless kind == Codes::KIND_INTEGER || kind == Codes::KIND_FLOAT
        refuse(offset, "has a number of #{size} bytes") if size != 8
        bytes.unpack1((kind == Codes::KIND_INTEGER) ? "q<" : "E", offset: offset)
      end

      def write_field(tag, value)
        kind, raw = case value
        when Integer then [Codes::KIND_INTEGER, [value].pack("q<")]
        when Float then [Codes::KIND_FLOAT, [value].pack("E")]
        else [Codes::KIND_BYTES, value.b]
        end
        [tag, kind, 0, raw.bytesize].pack(FIELD) + raw
      end

      def refuse(offset, what)
        raise MalformedRecord, "the record at byte #{offset} #{what}; library and gem are of different versions?"
      end
    end
  end
end
