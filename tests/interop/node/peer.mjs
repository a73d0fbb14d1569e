// A real Node BullMQ program that a test drives over JSON lines.
//
// usage: node peer.mjs bullmq6|bullmq5 unix:/path|host:port [FOLDER]
//
//   FOLDER   Lua commands to run on instead of BullMQ's own (bullmq6), as scripts/export-lua writes them
//
//   in:   {"id": 1, "op": "callQueue", "queue": "q", "method": "add", "args": ["name", {}]}
//   out:  {"id": 1, "result": ...}  or  {"id": 1, "error": {"name", "message", "code"}}
//         {"source": "worker" | "queue" | "queueEvents", "name": ..., "args": [...], ...}
//
// Operations run side by side, so answers may come in another order than their requests. The
// program leaves when its standard input ends: a test that dies takes its peers with it.

import { createInterface } from 'node:readline';

import { loadBullMQ } from './library.mjs';
import { operationNames, Operations, plain } from './operations.mjs';
import { useOwnScripts } from './own_scripts.mjs';
import { parseRedisAddress } from './redis_address.mjs';

const [version, address, scripts] = process.argv.slice(2);
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const push = (source, event) => write({ source, ...event });

if (scripts) useOwnScripts(scripts, version);
const library = await loadBullMQ(version);
const operations = new Operations(library, parseRedisAddress(address), push);

async function answer(line) {
  const { id, op, ...parameters } = JSON.parse(line);
  try {
    if (!operationNames.includes(op)) {
      throw new Error(`unknown operation "${op}"; known: ${operationNames.join(', ')}`);
    }
    const result = await operations[op](parameters);
    write({ id, result: plain(result) ?? null });
  } catch (error) {
    write({ id, error: { name: error.name, message: error.message, code: error.code ?? null } });
  }
}

process.on('SIGINT', () => {}); // Ctrl-C goes to the whole group; the test ends its peers itself
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line));
lines.on('close', () => process.exit(0));
write({ source: 'peer', name: 'ready', args: [version, process.version] });
