// Where our commands differ from BullMQ 6.7.0 on purpose, each with its reason.
export const differences = [];
