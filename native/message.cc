#include "message.h"

#include <array>
#include <string_view>

namespace gan {
namespace {

/// What follows one of these says nothing about the call.
constexpr std::array<std::string_view, 6> kTails{"Exception raised from ",
                                                 " This could be because the operator doesn't exist",
                                                 " Hint: enable anomaly detection",
                                                 " Hint: the backtrace further above",
                                                 "(Could this error message be improved?",
                                                 " This is an internal miniz error."};

void cut_tails(std::string& message) {
  for (const std::string_view tail : kTails) message.resize(std::min(message.find(tail), message.size()));
}

/// "[enforce fail at alloc_cpu.cpp:127] err == 0. Text" is "Text".
void cut_enforce(std::string& message) {
  if (!message.starts_with("[enforce fail at ")) return;
  const size_t start = message.find("] ");
  const size_t text = start == std::string::npos ? start : message.find(". ", start);
  if (text != std::string::npos) message.erase(0, text + 2);
}

/// "cond INTERNAL ASSERT FAILED at "file":1, please report a bug to PyTorch. Text" tells the condition and
/// the text.
void cut_assert(std::string& message) {
  constexpr std::string_view kMark = " INTERNAL ASSERT FAILED at ";
  constexpr std::string_view kEnd = "please report a bug to PyTorch.";
  const size_t mark = message.find(kMark);
  if (mark == std::string::npos) return;
  const size_t end = message.find(kEnd, mark);
  const std::string text = end == std::string::npos ? "" : message.substr(end + kEnd.size());
  message = "a check inside LibTorch failed: " + message.substr(0, mark) + ";" + text;
}

/// "/path/file.cpp:12: Text" is "Text".
void cut_path(std::string& message) {
  const size_t space = message.find(' ');
  if (message.starts_with('/') && space != std::string::npos && message[space - 1] == ':')
    message.erase(0, space + 1);
}

/// A script's message prints its code twice before "RuntimeError: Text".
void cut_interpreter(std::string& message) {
  constexpr std::string_view kMark = "failed in the TorchScript interpreter.";
  constexpr std::string_view kEnd = "Error: ";
  if (message.find(kMark) == std::string::npos) return;
  const size_t end = message.rfind(kEnd);
  if (end != std::string::npos) message.erase(0, end + kEnd.size());
}

void join_lines(std::string& message) {
  std::string line;
  for (const char letter : message) {
    const bool blank = static_cast<unsigned char>(letter) <= ' ';
    if (!blank)
      line += letter;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == ';')) line.pop_back();
  message = std::move(line);
}

/// A message may print a whole tensor.
void shorten(std::string& message) {
  constexpr size_t kMost = 1000;
  if (message.size() <= kMost) return;
  size_t end = kMost;
  // Not inside a letter of several bytes.
  while ((message[end] & 0xC0) == 0x80) --end;
  message.resize(end);
  message += "…";
}

}  // namespace

std::string clean_message(std::string message) {
  cut_enforce(message);
  cut_assert(message);
  cut_path(message);
  cut_interpreter(message);
  join_lines(message);
  cut_tails(message);
  join_lines(message);
  shorten(message);
  return message;
}

}  // namespace gan
