// The installed BullMQ versions, for Node programs anywhere in the checkout.

export const versions = ['bullmq5', 'bullmq6'];

/** "bullmq6" is 6.7.0, "bullmq5" is 5.81.5. */
export function loadBullMQ(version) {
  if (!versions.includes(version)) {
    throw new Error(`"${version}" is not one of ${versions.join(', ')}`);
  }
  return import(version);
}
