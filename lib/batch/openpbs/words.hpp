#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>

#include <map>
#include <string>
#include <vector>

namespace tide::batch::openpbs {

// What a command that failed said, as an error of kind batch; a server that does not answer is named as such.
Error failure(const process::Command& command, const process::Finished& finished);
bool refuses_option(const process::Finished& finished);  // it does not know how it was called

// qmgr goes on behind a command that failed: what it said of the first that did, but for nodes that exist already.
std::string complaint(const process::Finished& finished);

// What goes into a command of qmgr in quotes: an error of kind config, not escaped.
Result<void> check_note(const std::string& note);

using ResourceTypes = std::map<std::string, std::string, std::less<>>;  // "CLOUD": "boolean"
ResourceTypes parse_resources(std::string_view text);                   // `qmgr -c 'list resource'`

// The "resources_available.…=…" of a new node. Errors of kind config name the resource that the server lacks.
Result<std::vector<std::string>> node_settings(const NodeSpec& node, const ResourceTypes& known);

}  // namespace tide::batch::openpbs
