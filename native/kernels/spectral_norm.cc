#include "spectral_norm.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "convolution.h"
#include "gradients.h"
#include "matrix_vector.h"
#include "products.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

at::Tensor unit(const at::Tensor& vector, double eps) { return vector.div(vector.norm().clamp_min(eps)); }

at::Tensor normalised(const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v) {
  return weight.div(at::dot(u, at::mv(weight.flatten(1), v)));
}

/// LibTorch's operators.
at::Tensor by_library(const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v, int64_t iterations,
                      double eps) {
  {
    const at::NoGradGuard without_graph;
    const at::Tensor matrix = weight.flatten(1);
    for (int64_t i = 0; i < iterations; ++i) {
      u.copy_(unit(at::mv(matrix, v), eps));
      v.copy_(unit(at::mv(matrix.t(), u), eps));
    }
  }
  return normalised(weight, u.clone(), v.clone());
}

/// A weight as it lies in memory: a row for each output, whose numbers stand in an order of their own.
struct Matrix {
  const float* data;
  int64_t rows, columns;
  /// Numbers of a row that follow each other, and groups of them: the inputs of each tap, in channels_last.
  int64_t inputs, taps;

  const float* row(int64_t index) const { return data + index * columns; }
};

std::optional<Matrix> matrix_of(const at::Tensor& weight) {
  const int64_t rows = weight.size(0), columns = weight.numel() / std::max<int64_t>(rows, 1);
  const float* const data = weight.const_data_ptr<float>();
  if (weight.is_contiguous()) return Matrix{data, rows, columns, columns, 1};
  if (weight.dim() == 4 && weight.is_contiguous(at::MemoryFormat::ChannelsLast))
    return Matrix{data, rows, columns, weight.size(1), weight.size(2) * weight.size(3)};
  return std::nullopt;
}

/// A vector of columns in the order of the matrix, and back.
void arrange(const Matrix& matrix, const float* from, float* to) {
  for (int64_t tap = 0; tap < matrix.taps; ++tap)
    for (int64_t input = 0; input < matrix.inputs; ++input)
      to[tap * matrix.inputs + input] = from[input * matrix.taps + tap];
}
void restore(const Matrix& matrix, const float* from, float* to) {
  for (int64_t tap = 0; tap < matrix.taps; ++tap)
    for (int64_t input = 0; input < matrix.inputs; ++input)
      to[input * matrix.taps + tap] = from[tap * matrix.inputs + input];
}

/// Columns that are summed together.
constexpr int64_t kColumns = 256;

/// W v.
void times(const Matrix& matrix, const float* v, float* to) {
  at::parallel_for(0, matrix.rows, at::divup(kLeast, matrix.columns), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) to[row] = vectors::dot(matrix.row(row), v, matrix.columns);
  });
}

/// Wᵀ u.
void times_transposed(const Matrix& matrix, const float* u, float* to) {
  at::parallel_for(0, at::divup(matrix.columns, kColumns), at::divup(kLeast, kColumns * matrix.rows),
                   [&](int64_t begin, int64_t end) {
                     const int64_t first = begin * kColumns,
                                   count = std::min(end * kColumns, matrix.columns) - first;
                     std::fill_n(to + first, count, 0.0f);
                     for (int64_t row = 0; row < matrix.rows; ++row)
                       vectors::add(u[row], matrix.row(row) + first, count, to + first);
                   });
}

void make_unit(float* vector, int64_t count, double eps) {
  const float norm = std::sqrt(vectors::dot(vector, vector, count));
  // What is no number stays none.
  vectors::scale(1 / std::max(norm, static_cast<float>(eps)), vector, count, vector);
}

struct SpectralNorm : Function<SpectralNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight, const at::Tensor& u,
                            const at::Tensor& v, int64_t iterations, double eps) {
    RECORD_FUNCTION("gan::spectral_norm", (std::vector<c10::IValue>{weight}));
    const Matrix matrix = *matrix_of(weight);
    // Apart from the buffers, which move again while a graph may still hold these.
    const at::Tensor left = u.clone(), right = at::empty_like(v), product = at::empty_like(u),
                     sigma = at::empty({}, u.options());
    float *const to_left = left.data_ptr<float>(), *const to_right = right.data_ptr<float>(),
                 *const to_product = product.data_ptr<float>();
    arrange(matrix, v.const_data_ptr<float>(), to_right);
    for (int64_t i = 0; i < iterations; ++i) {
      times(matrix, to_right, to_left);
      make_unit(to_left, matrix.rows, eps);
      times_transposed(matrix, to_left, to_right);
      make_unit(to_right, matrix.columns, eps);
    }
    if (iterations > 0) move(matrix, left, right, u, v);
    times(matrix, to_right, to_product);
    const float value = vectors::dot(to_left, to_product, matrix.rows);
    *sigma.data_ptr<float>() = value;
    at::Tensor result = at::empty_like(weight);
    float* const to = result.data_ptr<float>();
    at::parallel_for(0, matrix.rows, at::divup(kLeast, matrix.columns), [&](int64_t begin, int64_t end) {
      vectors::scale(1 / value, matrix.row(begin), (end - begin) * matrix.columns,
                     to + begin * matrix.columns);
    });
    context->save_for_backward({weight, left, right, sigma});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list result(5);
    if (!wanted(context, 0, gradients)) return result;
    const variable_list saved = context->get_saved_variables();
    if (at::GradMode::is_enabled()) return differentiable(saved, gradients[0]);
    result[0] = direct(saved, gradients[0]);
    return result;
  }

 private:
  static void move(const Matrix& matrix, const at::Tensor& left, const at::Tensor& right, const at::Tensor& u,
                   const at::Tensor& v) {
    std::copy_n(left.const_data_ptr<float>(), matrix.rows, u.data_ptr<float>());
    restore(matrix, right.const_data_ptr<float>(), v.data_ptr<float>());
    u.unsafeGetTensorImpl()->bump_version();
    v.unsafeGetTensorImpl()->bump_version();
  }

  /// g / σ − <g, W> / σ² · u vᵀ.
  static at::Tensor direct(const variable_list& saved, const at::Tensor& gradient) {
    RECORD_FUNCTION("gan::spectral_norm_backward", (std::vector<c10::IValue>{gradient}));
    const at::Tensor &weight = saved[0], &left = saved[1], &right = saved[2];
    const Matrix matrix = *matrix_of(weight);
    at::Tensor result = at::empty_like(weight);
    const at::Tensor slopes =
        result.strides() == gradient.strides() ? gradient : at::empty_like(weight).copy_(gradient);
    const float *const u = left.const_data_ptr<float>(), *const v = right.const_data_ptr<float>(),
                       *const from = slopes.const_data_ptr<float>();
    std::vector<float> sums(static_cast<size_t>(matrix.rows));
    const auto by_rows = [&](auto work) {
      at::parallel_for(0, matrix.rows, at::divup(kLeast, matrix.columns), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) work(row);
      });
    };
    by_rows([&](int64_t row) {
      sums[row] = vectors::dot(from + row * matrix.columns, matrix.row(row), matrix.columns);
    });
    double sum = 0;
    for (const float each : sums) sum += each;
    const double sigma = *saved[3].const_data_ptr<float>();
    const auto share = static_cast<float>(-sum / (sigma * sigma)), inverse = static_cast<float>(1 / sigma);
    float* const to = result.data_ptr<float>();
    by_rows([&](int64_t row) {
      vectors::combine(inverse, from + row * matrix.columns, share * u[row], v, matrix.columns,
                       to + row * matrix.columns);
    });
    return result;
  }

  /// The gradient with a graph of its own: that of LibTorch's operators.
  static variable_list differentiable(const variable_list& saved, const at::Tensor& gradient) {
    const at::Tensor &weight = saved[0], &right = saved[2];
    const Matrix matrix = *matrix_of(weight);
    const at::Tensor v = at::empty_like(right);
    restore(matrix, right.const_data_ptr<float>(), v.data_ptr<float>());
    return differentiable_gradients(gradient, {weight}, 5, [&](const std::vector<at::Tensor>& inputs) {
      return normalised(inputs[0], saved[1], v);
    });
  }
};

bool is_vector_of(const at::Tensor& tensor, int64_t size) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.layout() == at::kStrided &&
         tensor.scalar_type() == at::kFloat && tensor.dim() == 1 && tensor.size(0) == size &&
         tensor.is_contiguous() && !tensor.requires_grad();
}

bool fits(const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v) {
  if (!enabled() || !weight.device().is_cpu() || weight.layout() != at::kStrided ||
      weight.scalar_type() != at::kFloat || weight.dim() < 2 || weight.numel() == 0 || !matrix_of(weight))
    return false;
  return is_vector_of(u, weight.size(0)) && is_vector_of(v, weight.numel() / weight.size(0));
}

}  // namespace

at::Tensor spectral_norm(const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v,
                         int64_t iterations, double eps) {
  return fits(weight, u, v) ? SpectralNorm::apply(weight, u, v, iterations, eps)
                            : by_library(weight, u, v, iterations, eps);
}

}  // namespace gan::kernels
