#pragma once

namespace tide::cloud::local {

// Kills all children of this process, and theirs, and reaps them; this process must be their subreaper and SIGCHLD
// blocked. Gives up after half a minute on those that it may not kill. Allocates nothing.
void kill_descendants();

}  // namespace tide::cloud::local
