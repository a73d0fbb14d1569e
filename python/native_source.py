"""Write the C source of libbullmq._native from the public headers of the core.

    python native_source.py INCLUDE_DIRECTORY OUTPUT.c

The declarations are those of bq.h and bq_codes.h, so there is no second list to keep. Added are
calls that take bytes as pointer and length: cffi passes a Python bytes object as a pointer
without a copy, but would have to allocate a bq_bytes struct for each call.
"""

import re
import sys
from pathlib import Path

from cffi import FFI

HEADERS = ("bq_codes.h", "bq.h")

POINTER_CALLS = {
    "int bqpy_conf_set_json(bq_conf *conf, const char *json, size_t len)":
        "bq_conf_set_json(conf, (bq_bytes){json, len})",
    "bq_id bqpy_call(bq_client *client, bq_id queue, const char *command, const char *args,"
    " size_t args_len, const char *payload, size_t payload_len)":
        "bq_call(client, queue, command, (bq_bytes){args, args_len},"
        " (bq_bytes){payload, payload_len})",
    "bq_id bqpy_job_done(bq_client *client, bq_id job, const char *result, size_t len)":
        "bq_job_done(client, job, (bq_bytes){result, len})",
    "bq_id bqpy_job_fail(bq_client *client, bq_id job, const char *failure, size_t len)":
        "bq_job_fail(client, job, (bq_bytes){failure, len})",
    "bq_batch *bqpy_cron_next(const char *args, size_t len)":
        "bq_cron_next((bq_bytes){args, len})",
}  # fmt: skip

# One call of Python for many jobs: the time of a call is that of many outcomes.
JOBS_DONE_DECLARATION = (
    "void bqpy_jobs_done(bq_client *client, const bq_id *jobs, const char *results,"
    " const size_t *lengths, size_t count, bq_id *operations)"
)
JOBS_DONE = f"""
static {JOBS_DONE_DECLARATION}
{{
    for (size_t i = 0; i < count; i++) {{
        operations[i] = bq_job_done(client, jobs[i], (bq_bytes){{results, lengths[i]}});
        results += lengths[i];
    }}
}}
"""

# For the processes of a worker: only Linux can tie a process to its parent.
END_WITH_PARENT = """
static int bqpy_end_with_parent(void)
{
#ifdef __linux__
    return prctl(PR_SET_PDEATHSIG, SIGKILL);
#else
    return -1;
#endif
}
"""
INCLUDES = """
#include <bq/bq.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif
"""


def declarations(header: str) -> str:
    """What a header declares, without comments, preprocessor lines and C++ parts."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.DOTALL)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    return text.replace("BQ_API ", "")


def main(include: Path, output: Path) -> None:
    ffi = FFI()
    for header in HEADERS:
        ffi.cdef(declarations((include / "bq" / header).read_text(encoding="utf-8")))
    for declaration in POINTER_CALLS:
        ffi.cdef(declaration + ";")
    ffi.cdef(JOBS_DONE_DECLARATION + ";")
    ffi.cdef("int bqpy_end_with_parent(void);")
    source = [INCLUDES, JOBS_DONE, END_WITH_PARENT]
    for declaration, call in POINTER_CALLS.items():
        source.append(f"static {declaration}\n{{\n    return {call};\n}}")
    ffi.set_source("libbullmq._native", "\n".join(source))
    ffi.emit_c_code(str(output))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
