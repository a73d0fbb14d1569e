package lowlevel

import (
	"encoding/binary"
	"fmt"
	"math"
)

const (
	recordHeaderSize = 16
	fieldHeaderSize  = 8
)

// field is one tagged value of a record. raw borrows from the bytes that were read.
type field struct {
	tag  uint16
	kind byte
	raw  []byte
}

func (f field) integer() int64 { return int64(binary.LittleEndian.Uint64(f.raw)) }
func (f field) float() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(f.raw)) }

// record is a flat record of bindings/records.md: an event of the library.
type record struct {
	kind   int   // EventReply, ...
	id     int64 // operation, job, worker or queue it belongs to
	fields []field
}

func (r *record) find(tag uint16, kind byte) (field, bool) {
	for _, f := range r.fields {
		if f.tag == tag && f.kind == kind {
			return f, true
		}
	}
	return field{}, false
}

// text is the first value of bytes with this tag, "" without one.
func (r *record) text(tag uint16) string {
	f, _ := r.find(tag, KindBytes)
	return string(f.raw)
}

// integer is the first integer with this tag.
func (r *record) integer(tag uint16) (int64, bool) {
	f, found := r.find(tag, KindInteger)
	if !found {
		return 0, false
	}
	return f.integer(), true
}

// ReadRecords decodes a run of records, which borrow from run. Fields of unknown kinds are left out.
func ReadRecords(run []byte) ([]record, error) {
	var records []record
	for offset := 0; offset < len(run); {
		rest := run[offset:]
		if len(rest) < recordHeaderSize {
			return nil, malformed(offset, "is cut off")
		}
		length := uint64(binary.LittleEndian.Uint32(rest))
		if length < recordHeaderSize || length > uint64(len(rest)) {
			return nil, malformed(offset, fmt.Sprintf("claims %d bytes", length))
		}
		count := int(binary.LittleEndian.Uint16(rest[6:]))
		fields, problem := readFields(rest[recordHeaderSize:length], count)
		if problem != "" {
			return nil, malformed(offset, problem)
		}
		records = append(records, record{
			kind:   int(binary.LittleEndian.Uint16(rest[4:])),
			id:     int64(binary.LittleEndian.Uint64(rest[8:])),
			fields: fields,
		})
		offset += int(length)
	}
	return records, nil
}

func readFields(rest []byte, count int) (fields []field, problem string) {
	for ; count > 0; count-- {
		if len(rest) < fieldHeaderSize {
			return nil, "has a field cut off"
		}
		f := field{tag: binary.LittleEndian.Uint16(rest), kind: rest[2]}
		size := uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[fieldHeaderSize:]
		if size > uint64(len(rest)) {
			return nil, fmt.Sprintf("has a field of %d bytes", size)
		}
		f.raw, rest = rest[:size:size], rest[size:]
		switch f.kind {
		case KindInteger, KindFloat:
			if size != 8 {
				return nil, fmt.Sprintf("has a number of %d bytes", size)
			}
			fields = append(fields, f)
		case KindBytes:
			fields = append(fields, f)
		}
	}
	return fields, ""
}

func malformed(offset int, problem string) error {
	return fmt.Errorf("bullmq: the record at byte %d %s; library and package are of different versions?", offset, problem)
}

// AppendRecord writes a record after run; a nil raw leaves its field out.
func AppendRecord(run []byte, kind int, id int64, fields ...field) []byte {
	start := len(run)
	run = append(run, make([]byte, recordHeaderSize)...)
	count := uint16(0)
	for _, f := range fields {
		if f.raw == nil {
			continue
		}
		run = binary.LittleEndian.AppendUint16(run, f.tag)
		run = append(run, f.kind, 0)
		run = binary.LittleEndian.AppendUint32(run, uint32(len(f.raw)))
		run = append(run, f.raw...)
		count++
	}
	header := run[start:]
	binary.LittleEndian.PutUint32(header, uint32(len(header)))
	binary.LittleEndian.PutUint16(header[4:], uint16(kind))
	binary.LittleEndian.PutUint16(header[6:], count)
	binary.LittleEndian.PutUint64(header[8:], uint64(id))
	return run
}

func TextField(tag uint16, text string) field {
	return field{tag: tag, kind: KindBytes, raw: []byte(text)}
}
