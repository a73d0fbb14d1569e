package lowlevel

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

const golden = "../../bindings/golden"

// What readers must skip, a writer cannot write.
var readOnly = map[string]bool{"unknown-kinds": true, "reserved-byte": true}

func TestGoldenFilesAreReadAsDescribed(t *testing.T) {
	for _, name := range described(t) {
		t.Run(name, func(t *testing.T) {
			records, err := ReadRecords(load(t, name+".bin"))
			if err != nil {
				t.Fatal(err)
			}
			if found, expected := meaning(records), expectation(t, name); !reflect.DeepEqual(found, expected) {
				t.Errorf("read\n%v\ninstead of\n%v", found, expected)
			}
		})
	}
}

func TestGoldenFilesAreWrittenAsEncoded(t *testing.T) {
	for _, name := range described(t) {
		if readOnly[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			expected := load(t, name+".bin")
			records, err := ReadRecords(expected)
			if err != nil {
				t.Fatal(err)
			}
			var written []byte
			for _, r := range records {
				written = AppendRecord(written, r.Type, r.ID, r.Fields...)
			}
			if !bytes.Equal(written, expected) {
				t.Errorf("wrote\n%x\ninstead of\n%x", written, expected)
			}
		})
	}
}

func TestMalformedFilesAreRefused(t *testing.T) {
	paths, _ := filepath.Glob(golden + "/malformed/*.bin")
	if len(paths) == 0 {
		t.Fatal("no malformed golden files")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if records, err := ReadRecords(load(t, "malformed/"+filepath.Base(path))); err == nil {
				t.Errorf("read as %v", records)
			}
		})
	}
}

func described(t *testing.T) []string {
	paths, _ := filepath.Glob(golden + "/*.json")
	if len(paths) == 0 {
		t.Fatal("no golden files")
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = strings.TrimSuffix(filepath.Base(path), ".json")
	}
	return names
}

func load(t *testing.T, name string) []byte {
	raw, err := os.ReadFile(filepath.Join(golden, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Numbers are compared as numbers of their kind, so both sides are written out as text: i7, f0.5, b00ff.
func meaning(records []Record) [][]string {
	all := [][]string{}
	for _, r := range records {
		lines := []string{strconv.Itoa(r.Type), strconv.FormatInt(r.ID, 10)}
		for _, f := range r.Fields {
			lines = append(lines, strconv.Itoa(int(f.Tag))+" "+value(f))
		}
		all = append(all, lines)
	}
	return all
}

func value(f Field) string {
	switch f.Kind {
	case KindInteger:
		return "i" + strconv.FormatInt(f.Integer(), 10)
	case KindFloat:
		return "f" + strconv.FormatFloat(f.Float(), 'g', -1, 64)
	}
	return "b" + hex.EncodeToString(f.Raw)
}

func expectation(t *testing.T, name string) [][]string {
	var entries []struct {
		Type   int
		ID     int64
		Fields [][2]json.RawMessage
	}
	if err := json.Unmarshal(load(t, name+".json"), &entries); err != nil {
		t.Fatal(err)
	}
	all := [][]string{}
	for _, entry := range entries {
		lines := []string{strconv.Itoa(entry.Type), strconv.FormatInt(entry.ID, 10)}
		for _, pair := range entry.Fields {
			lines = append(lines, string(pair[0])+" "+expectedValue(t, pair[1]))
		}
		all = append(all, lines)
	}
	return all
}

func expectedValue(t *testing.T, raw json.RawMessage) string {
	text := string(raw)
	switch {
	case strings.HasPrefix(text, "{"):
		var bytes struct{ Hex string }
		if err := json.Unmarshal(raw, &bytes); err != nil {
			t.Fatal(err)
		}
		return "b" + bytes.Hex
	case strings.ContainsAny(text, ".e"):
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return "f" + strconv.FormatFloat(number, 'g', -1, 64)
	}
	return "i" + text
}
