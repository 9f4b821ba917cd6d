#include "public_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace gan {
namespace {

struct Name {
  std::string_view inside, outside;
};

/// Operators that have another name in TypeScript, or none: what is in no table is its name in camelCase.
constexpr std::array kOperators{
    Name{"addmm", "addProduct"},
    Name{"addmm_", "addProduct_"},
    Name{"atan2", ""},
    Name{"cross_entropy_loss", "crossEntropy"},
    Name{"diagonal", ""},
    Name{"dot", "innerProduct"},
    Name{"empty_like", ""},
    Name{"huber_loss", "huber"},
    Name{"l1_loss", "l1"},
    Name{"linalg_cholesky", "cholesky"},
    Name{"linalg_eigh", "symmetricEigen"},
    Name{"linalg_qr", "qr"},
    Name{"linalg_svd", "singularDecomposition"},
    Name{"linalg_svdvals", "singularValues"},
    Name{"linalg_vector_norm", "norm"},
    Name{"mse_loss", "mse"},
    Name{"mv", "matrixVector"},
    Name{"normal_", "drawNormal"},
    Name{"uniform_", "drawUniform"},
    Name{"upsample_bicubic2d", "interpolate"},
    Name{"upsample_bilinear2d", "interpolate"},
    Name{"upsample_nearest2d", "interpolate"},
    Name{"_upsample_bicubic2d_aa", "interpolate"},
    Name{"_upsample_bilinear2d_aa", "interpolate"},
};

/// The entries that users call by one name. Where several functions share an entry, its name would mislead.
constexpr std::array kEntries{
    Name{"backward", "backward"},
    Name{"batchNormLeakyRelu", "batchNormLeakyRelu"},
    Name{"cudaCapability", "cudaCapability"},
    Name{"cudaMemory", "cudaMemory"},
    Name{"cudaSynchronize", "synchronize"},
    Name{"device", "device"},
    Name{"dtype", "dtype"},
    Name{"elements", "elements"},
    Name{"grad", "grad"},
    Name{"gradient", "grad"},
    Name{"instanceNormLeakyRelu", "instanceNormLeakyRelu"},
    Name{"isAliasOf", "isAliasOf"},
    Name{"isContiguous", "isContiguous"},
    Name{"isLeaf", "isLeaf"},
    Name{"manualSeed", "manualSeed"},
    Name{"openSpan", "span"},
    Name{"requiresGrad", "requiresGrad"},
    Name{"setData", "setData"},
    Name{"setDeterministic", "setDeterministic"},
    Name{"setGradient", "grad"},
    Name{"setKernels", "setKernels"},
    Name{"setRequiresGrad", "requiresGrad"},
    Name{"setTf32", "setTf32"},
    Name{"setThreads", "setThreads"},
    Name{"shape", "shape"},
    Name{"startProfiling", "startProfiling"},
    Name{"stopProfiling", "stopProfiling"},
    Name{"strides", "strides"},
    Name{"upFirDown", "upFirDown"},
};

const Name* find(std::span<const Name> names, std::string_view inside) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.inside == inside; });
  return found == names.end() ? nullptr : &*found;
}

/// "leaky_relu_" as "leakyRelu_": an operator that works in place keeps its mark.
std::string camel_case(std::string_view name) {
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool joins = name[i] == '_' && i + 1 < name.size();
    text += joins ? static_cast<char>(std::toupper(static_cast<unsigned char>(name[++i]))) : name[i];
  }
  return text;
}

}  // namespace

std::string public_name_of_operator(std::string_view op) {
  if (const Name* name = find(kOperators, op)) return std::string(name->outside);
  return op.starts_with('_') ? std::string() : camel_case(op);
}

std::string_view public_name_of_entry(std::string_view entry) {
  const Name* name = find(kEntries, entry);
  return name ? name->outside : std::string_view();
}

}  // namespace gan
