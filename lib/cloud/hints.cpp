#include <tide/cloud/hints.hpp>

namespace tide::cloud {

std::string hint_for(ErrorKind kind, const std::string& cloud, const Hints& hints) {
  switch (kind) {
    case ErrorKind::auth: return hints.auth;
    case ErrorKind::capacity: return hints.capacity;
    case ErrorKind::quota: return hints.quota;
    case ErrorKind::throttled: return "Wait: tide slows down by itself.";
    case ErrorKind::unsent:
      return "Wait: later passes send it; [clouds." + cloud + "] rates says how much may be sent.";
    case ErrorKind::bad_request: return "Correct the pool's or cloud's keys that the cloud names.";
    case ErrorKind::retry:
    case ErrorKind::timeout: return hints.network + "; tide tries again in its next pass.";
    case ErrorKind::eventual: return "Run 'tide info' to see what the cloud lists.";
    case ErrorKind::config: return "Check [clouds." + cloud + "] endpoint, ca_file and proxy.";
    case ErrorKind::unknown:
    case ErrorKind::protocol: return hints.foreign;
    case ErrorKind::unexpected:
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::io:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::stranger: return "";
  }
  return "";
}

}  // namespace tide::cloud
