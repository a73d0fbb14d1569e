// Package bullmq will be the queues and workers of Go on BullMQ's Redis
// protocol. In this version it holds nothing but Version: programs use package
// [libbullmq/bullmq/lowlevel], the calls of the C library libbullmq, which
// pkg-config must find at build time.
package bullmq
