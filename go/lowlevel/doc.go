// Package lowlevel is the C library libbullmq in Go's types: one function per call of the library, and the
// records that carry its answers. It adds nothing; queues and workers with handlers will be built on it in
// package bullmq.
//
// # Operations and events
//
// A [Client] is one connection to Redis with its own native thread. Its calls never block: each answers at
// once with the id of an operation, and the outcome is a [Record] of [Client.Wait] with that id, of type
// [EventReply] or [EventError]. What the library refuses at the call is a [*Refusal]; nothing was begun then.
//
// A worker's jobs are records of type [EventJob], whose ID is what [Client.Done] and [Client.Fail] take. The
// library renews their locks on its own thread, looks for stalled jobs, and decides about retries; a job that
// was handed out occupies one of the worker's slots until Done or Fail.
//
// # Units
//
// Times inside options and records are milliseconds, as everywhere in BullMQ, unless docs/options.md says
// otherwise. Arguments of type [time.Duration] are rounded down to milliseconds. Data, results and options of
// jobs are JSON text; the library passes data and results on byte for byte.
//
// # Connection loss
//
// The library reconnects by itself, with growing delays and without end, and reports it as
// [EventConnection]. Commands of a queue wait meanwhile, as the options connection.maxRetriesPerRequest,
// connection.enableOfflineQueue and connection.commandTimeout say, and then end with an EventError; one that
// was on its way when the connection broke is sent again. Workers always wait, and outcomes of their jobs are
// kept until they are stored.
//
// # Errors
//
// An EventError carries [TagCode], one of the Code constants (negative ones are those of BullMQ's scripts),
// [TagErrorName], [TagMessage] and [TagFlags]. docs/errors.md lists them. An EventError whose ID is no
// operation of yours tells of something that no call asked for.
package lowlevel
