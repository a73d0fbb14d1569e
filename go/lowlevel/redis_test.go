package lowlevel

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// PrivateRedis is the Redis server of one test or example, on a unix socket in a private folder.
type PrivateRedis struct {
	folder string
	path   string
	server *exec.Cmd
}

func LaunchRedis() (*PrivateRedis, error) {
	folder, err := os.MkdirTemp("", "bullmq-test-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "redis.sock")
	r := &PrivateRedis{folder: folder, path: path}
	r.server = exec.Command("redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder)
	log, err := r.server.StdoutPipe()
	if err == nil {
		err = r.server.Start()
	}
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go io.Copy(io.Discard, log)
			return r, nil
		}
	}
	r.Stop()
	return nil, errors.New("redis-server did not start")
}

func (r *PrivateRedis) Stop() {
	r.server.Process.Signal(os.Interrupt)
	r.server.Wait()
	os.RemoveAll(r.folder)
}

// Options are the client's that reach it.
func (r *PrivateRedis) Options() map[string]any {
	return map[string]any{"connection": map[string]any{"path": r.path}}
}

func startRedis(t *testing.T) *PrivateRedis {
	t.Helper()
	r, err := LaunchRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// ask is the output of redis-cli without its last newline.
func (r *PrivateRedis) ask(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-s", r.path}, command...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(out), "\n")
}
