package lowlevel

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// privateRedis is the Redis server of one test, on a unix socket in a private folder.
type privateRedis struct {
	t    *testing.T
	path string
}

func startRedis(t *testing.T) *privateRedis {
	folder, err := os.MkdirTemp("", "bullmq-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "redis.sock")
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder)
	log, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go io.Copy(io.Discard, log)
			return &privateRedis{t: t, path: path}
		}
	}
	t.Fatal("redis-server did not start")
	return nil
}

// ask is the output of redis-cli without its last newline.
func (r *privateRedis) ask(command ...string) string {
	r.t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-s", r.path}, command...)...).Output()
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r *privateRedis) options() map[string]any {
	return map[string]any{"connection": map[string]any{"path": r.path}}
}
