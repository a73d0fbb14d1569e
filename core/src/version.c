#include "bq/bq.h"

const char *bq_version(void) {
    return BQ_VERSION;
}

const char *bq_strerror(int code) {
    switch (code) {
    case 0:
        return "No error.";
    case BQ_EINVAL:
        return "An argument or option was refused; bq_conf_error says which.";
    case BQ_ENOMEM:
        return "Out of memory.";
    case BQ_ECLOSED:
        return "The client is closed or closing.";
    case BQ_EFORKED:
        return "The client was made in another process; make a new one after fork.";
    case BQ_EFULL:
        return "Too many operations are outstanding; wait for some of their answers.";
    case BQ_ESYS:
        return "The system refused a thread or a descriptor.";
    default:
        return "Unknown refusal code.";
    }
}
