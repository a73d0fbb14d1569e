// The one way in which every Node program here is told where its Redis is.

/** "unix:/path" or "host:port" as ioredis options; throws when it is neither. */
export function parseRedisAddress(address) {
  if (address?.startsWith('unix:') && address.length > 5) {
    return { path: address.slice(5) };
  }
  const match = /^(.+):(\d+)$/.exec(address ?? '');
  if (!match) {
    throw new Error(`redis address "${address}" is neither unix:/path nor host:port`);
  }
  return { host: match[1], port: Number(match[2]) };
}
