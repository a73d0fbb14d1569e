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

// Field is one tagged value of a record.
type Field struct {
	Tag  uint16 // TagValue, ...
	Kind byte   // KindInteger, KindBytes or KindFloat
	Raw  []byte // the value as it stands, of every kind; borrows from what was read
}

// Integer is the value of a field of KindInteger.
func (f Field) Integer() int64 { return int64(binary.LittleEndian.Uint64(f.Raw)) }

// Float is the value of a field of KindFloat.
func (f Field) Float() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(f.Raw)) }

// Record is a flat record of bindings/records.md: an event of the library, or a part of a request.
type Record struct {
	Type   int   // EventReply, ...
	ID     int64 // operation, job, worker or queue it belongs to
	Fields []Field
}

func (r *Record) find(tag uint16, kind byte) (Field, bool) {
	for _, f := range r.Fields {
		if f.Tag == tag && f.Kind == kind {
			return f, true
		}
	}
	return Field{}, false
}

// Bytes is the first value of bytes with this tag, nil without one.
func (r *Record) Bytes(tag uint16) []byte {
	f, _ := r.find(tag, KindBytes)
	return f.Raw
}

// Text is the first value of bytes with this tag as text, "" without one.
func (r *Record) Text(tag uint16) string { return string(r.Bytes(tag)) }

// Integer is the first integer with this tag, and whether there is one.
func (r *Record) Integer(tag uint16) (int64, bool) {
	f, found := r.find(tag, KindInteger)
	if !found {
		return 0, false
	}
	return f.Integer(), true
}

// ReadRecords decodes a run of records, which borrow from run. Fields of unknown kinds are left out. It reads
// nothing beyond the end, whatever lengths the run claims, and answers an error instead.
func ReadRecords(run []byte) ([]Record, error) {
	var records []Record
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
		records = append(records, Record{
			Type:   int(binary.LittleEndian.Uint16(rest[4:])),
			ID:     int64(binary.LittleEndian.Uint64(rest[8:])),
			Fields: fields,
		})
		offset += int(length)
	}
	return records, nil
}

func readFields(rest []byte, count int) (fields []Field, problem string) {
	for ; count > 0; count-- {
		if len(rest) < fieldHeaderSize {
			return nil, "has a field cut off"
		}
		f := Field{Tag: binary.LittleEndian.Uint16(rest), Kind: rest[2]}
		size := uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[fieldHeaderSize:]
		if size > uint64(len(rest)) {
			return nil, fmt.Sprintf("has a field of %d bytes", size)
		}
		f.Raw, rest = rest[:size:size], rest[size:]
		switch f.Kind {
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

// AppendRecord writes a record after run, for the payload of addBulk: type RequestAdd, id 0, and the fields
// TagName, TagData and TagOpts. A field whose Raw is nil is left out.
func AppendRecord(run []byte, kind int, id int64, fields ...Field) []byte {
	start := len(run)
	run = append(run, make([]byte, recordHeaderSize)...)
	count := uint16(0)
	for _, f := range fields {
		if f.Raw == nil {
			continue
		}
		run = binary.LittleEndian.AppendUint16(run, f.Tag)
		run = append(run, f.Kind, 0)
		run = binary.LittleEndian.AppendUint32(run, uint32(len(f.Raw)))
		run = append(run, f.Raw...)
		count++
	}
	header := run[start:]
	binary.LittleEndian.PutUint32(header, uint32(len(header)))
	binary.LittleEndian.PutUint16(header[4:], uint16(kind))
	binary.LittleEndian.PutUint16(header[6:], count)
	binary.LittleEndian.PutUint64(header[8:], uint64(id))
	return run
}

// TextField is a field of bytes for [AppendRecord].
func TextField(tag uint16, text string) Field {
	return Field{Tag: tag, Kind: KindBytes, Raw: []byte(text)}
}
