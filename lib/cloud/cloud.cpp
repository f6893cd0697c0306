#include <tide/cloud/cloud.hpp>

namespace tide::cloud {

bool may_have_been_done(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::retry:
    case ErrorKind::timeout:
    case ErrorKind::protocol:
    case ErrorKind::unexpected:
    case ErrorKind::io: return true;
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::config:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::stranger:
    case ErrorKind::throttled:
    case ErrorKind::capacity:
    case ErrorKind::quota:
    case ErrorKind::auth:
    case ErrorKind::bad_request:
    case ErrorKind::eventual:
    case ErrorKind::unsent:
    case ErrorKind::unknown: return false;
  }
  return true;
}

}  // namespace tide::cloud
