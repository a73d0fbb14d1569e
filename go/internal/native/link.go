// Package native is the C ABI of libbullmq for Go. Everything but this file is generated; the rules of
// ownership are in bindings/bq.i.
package native

// #cgo pkg-config: libbullmq
import "C"
