// Puts libbullmq's Lua commands in the place of BullMQ's own, for every connection of this process.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * `folder` is what scripts/export-lua wrote, `bullmq` the name that BullMQ is installed under: its copy of ioredis
 * is the one to change. Call it before the first queue is opened. BullMQ registers its commands with the
 * connection's defineCommand, under a name and its version: "pause:6.7.0".
 */
export function useOwnScripts(folder, bullmq = 'bullmq') {
  const found = createRequire(import.meta.url).resolve(bullmq);
  const { Redis } = createRequire(found)('ioredis');
  const ours = new Map(readdirSync(folder).filter((file) => file.endsWith('.lua'))
    .map((file) => [file.slice(0, -'.lua'.length), readFileSync(join(folder, file), 'utf8')]));
  const define = Redis.prototype.defineCommand;
  Redis.prototype.defineCommand = function (name, definition) {
    const file = `${name.split(':')[0]}-${definition.numberOfKeys}`;
    if (!ours.has(file) && !file.startsWith('relay')) throw new Error(`libbullmq has no command ${file}`);
    return define.call(this, name, { ...definition, lua: ours.get(file) ?? definition.lua });
  };
}
