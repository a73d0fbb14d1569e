package lowlevel

import "libbullmq/bullmq/internal/native"

// Refusal is the error of a call that the library did not begin; use errors.As to look at its Code.
type Refusal struct {
	Code   int    // RefusedInval, ...
	Reason string // a sentence: what was wrong, with which value
}

func (r *Refusal) Error() string { return "bullmq: " + r.Reason }

// refused is the error of a negative answer; reason may be "".
func refused(code int, reason string) error {
	if reason == "" {
		reason = string(native.Strerror(code))
	}
	return &Refusal{Code: code, Reason: reason}
}
