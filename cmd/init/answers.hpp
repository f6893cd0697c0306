#pragma once

#include "cmd/context.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// `tide init`: what is found on this machine, what is asked, and the file that comes of it.
namespace tide::cmd::init {

// What this machine shows of itself: the proposals.
struct Found {
  std::string batch;                             // kind; "" if no batch system's commands are there
  std::string program;                           // by which it was found
  std::string host;                              // this machine's name, as complete as it knows it
  std::string cloud;                             // kind, by the credentials that are there
  std::string credentials;                       // the file or variable by which it was found
  std::map<std::string, std::string> variables;  // of the batch system, set here: its commands get no others
  std::string examples;  // the folder of examples that came with this binary; "" if there is none
};
Found look_around(const std::map<std::string, std::string>& environment);

// The values of the questions by name ("name", "batch", "cloud", "image", ...).
using Answers = std::map<std::string, std::string>;

struct Question {
  std::string name;  // its option is --NAME
  std::string text;
  std::string proposal;  // "" if it must be answered
};
// The next questions, given what was answered so far: those of the chosen kind of cloud come last.
std::vector<Question> questions(const Found& found, const Answers& answers);

// A commented tide.toml.
std::string config_text(const Found& found, const Answers& answers, const std::string& state_dir);

}  // namespace tide::cmd::init
