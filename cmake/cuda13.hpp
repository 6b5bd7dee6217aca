// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Kokkos 4.7 calls three functions by their CUDA 12 signatures, which CUDA 13 has changed: overloads that forward.
#if defined(__CUDACC__)
#include <cuda_runtime_api.h>
#if CUDART_VERSION >= 13000

inline cudaMemLocation kswgd_cuda_location(int device) {
  cudaMemLocation location{};
  location.type = device < 0 ? cudaMemLocationTypeHost : cudaMemLocationTypeDevice;
  location.id = device < 0 ? 0 : device;
  return location;
}
inline cudaError_t cudaMemPrefetchAsync(const void* pointer, size_t count, int device, cudaStream_t stream) {
  return cudaMemPrefetchAsync(pointer, count, kswgd_cuda_location(device), 0U, stream);
}
inline cudaError_t cudaMemAdvise(const void* pointer, size_t count, cudaMemoryAdvise advice, int device) {
  return cudaMemAdvise(pointer, count, advice, kswgd_cuda_location(device));
}
inline cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from, const cudaGraphNode_t* to, size_t count) {
  return cudaGraphAddDependencies(graph, from, to, static_cast<const cudaGraphEdgeData*>(nullptr), count);
}

#endif
#endif
