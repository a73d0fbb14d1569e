// A Redis of this run's own: unix socket in a temporary folder, ended with the run.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts the server. `close()` ends it and removes its folder. */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'bq-differential-'));
  const path = join(folder, 'redis.sock');
  // Short stream nodes: trimming by whole nodes is seen with a few events already.
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', '--port', '0', '--unixsocket', path,
    '--save', '', '--dir', folder, '--databases', '16', '--stream-node-max-entries', '10'],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  // Redis goes with this program; its folder would stay.
  const leave = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(143);
  };
  process.once('SIGTERM', leave).once('SIGINT', leave);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code} before it was ready`)));
    server.stdout.on('data', (text) => {
      if (String(text).includes('ready to accept connections')) resolve();
    });
  });
  return {
    path,
    async close() {
      server.kill();
      await ended;
      process.off('SIGTERM', leave).off('SIGINT', leave);
      rmSync(folder, { recursive: true });
    },
  };
}
