package lowlevel

import "libbullmq/bullmq/internal/native"

// refusal says that the library did not begin a call.
type refusal struct {
	code   int
	reason string
}

func (r *refusal) Error() string { return "bullmq: " + r.reason }

// refused is the error of a negative answer; reason may be "".
func refused(code int, reason string) error {
	if reason == "" {
		reason = string(native.Strerror(code))
	}
	return &refusal{code: code, reason: reason}
}
