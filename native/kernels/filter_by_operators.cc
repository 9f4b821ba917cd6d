#include "filter_by_operators.h"

#include <ATen/Functions.h>

#include <algorithm>

namespace gan {
namespace {

/// A tensor and how many times it counts.
struct Term {
  at::Tensor tensor;
  double weight;
};

/// Both together: lerp is a weighted mean of two in one go over memory.
Term joined(const Term& a, const Term& b) {
  const double total = a.weight + b.weight;
  if (total == 0) return {at::sub(a.tensor, b.tensor), a.weight};
  return {at::lerp(a.tensor, b.tensor, b.weight / total), total};
}

/// Writes the sum of the terms, of which there is at least one.
void write_sum(at::Tensor output, std::vector<Term> terms) {
  while (terms.size() > 2) {
    std::vector<Term> pairs;
    for (size_t i = 0; i < terms.size(); i += 2)
      pairs.push_back(i + 1 < terms.size() ? joined(terms[i], terms[i + 1]) : terms[i]);
    terms = std::move(pairs);
  }
  const double total = terms.front().weight + terms.back().weight;
  if (terms.size() == 1) {
    output.copy_(terms[0].tensor);
    if (terms[0].weight != 1) output.mul_(terms[0].weight);
  } else if (total == 0) {
    at::sub_out(output, terms[0].tensor, terms[1].tensor).mul_(terms[0].weight);
  } else {
    at::lerp_out(output, terms[0].tensor, terms[1].tensor, terms[1].weight / total);
    if (total != 1) output.mul_(total);
  }
}

/// Pixels beyond the image that are looked at.
struct Border {
  int64_t before = 0, after = 0;
};

Border border_of(const Filter& filter) {
  Border border;
  for (const Phase& phase : filter.phases()) {
    if (phase.begin == phase.end) continue;
    const int64_t last =
        (phase.end - 1) * filter.down + phase.first + static_cast<int64_t>(phase.weights.size());
    border.before = std::max(border.before, -(phase.begin * filter.down + phase.first));
    border.after = std::max(border.after, last - filter.input);
  }
  return border;
}

/// One direction of images that have its border already.
at::Tensor filtered(const at::Tensor& bordered, int64_t dim, const Filter& filter, int64_t border) {
  std::vector<int64_t> shape = bordered.sizes().vec();
  shape[dim] = filter.output;
  const at::Tensor output = at::empty(shape, bordered.options(), bordered.suggest_memory_format());
  const std::vector<Phase> phases = filter.phases();
  int64_t covered = 0;
  for (const Phase& phase : phases) covered += phase.end - phase.begin;
  if (covered < filter.output) output.zero_();
  for (int64_t residue = 0; residue < filter.up; ++residue) {
    const auto& [first, begin, end, weights] = phases[residue];
    if (begin == end) continue;
    std::vector<Term> terms;
    for (size_t j = 0; j < weights.size(); ++j) {
      const int64_t from = border + first + static_cast<int64_t>(j) + begin * filter.down;
      const int64_t to = from + (end - begin - 1) * filter.down + 1;
      terms.push_back({bordered.slice(dim, from, to, filter.down), weights[j]});
    }
    const int64_t to = (end - 1) * filter.up + residue + 1;
    write_sum(output.slice(dim, begin * filter.up + residue, to, filter.up), std::move(terms));
  }
  return output;
}

}  // namespace

at::Tensor filter_by_operators(const at::Tensor& input, const Filter& vertical, const Filter& horizontal) {
  const at::MemoryFormat format = input.suggest_memory_format();
  if (input.numel() == 0)
    return at::empty({input.size(0), input.size(1), vertical.output, horizontal.output}, input.options(),
                     format)
        .zero_();
  const Border rows = border_of(vertical), columns = border_of(horizontal);
  const at::Tensor bordered =
      at::constant_pad_nd(input, {columns.before, columns.after, rows.before, rows.after}, 0);
  const at::Tensor half = filtered(bordered, 2, vertical, rows.before);
  return filtered(half, 3, horizontal, columns.before).contiguous(format);
}

}  // namespace gan
