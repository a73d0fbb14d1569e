// Package bullmq takes part in BullMQ queues from Go, on the C library
// libbullmq, which pkg-config must find at build time.
//
// This version holds the low level on which queues and workers are built: the
// numbers of the library, its records, and a client that waits for events on
// the runtime's poller. Only Version and the codes of errors are public.
package bullmq
