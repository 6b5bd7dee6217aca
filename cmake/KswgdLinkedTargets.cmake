# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# A target and all that it links to, each once.
function(kswgd_linked_targets target out)
  set(open ${target})
  set(seen "")
  while(open)
    list(POP_FRONT open name)
    string(REGEX REPLACE "^\\$<(LINK_ONLY|BUILD_INTERFACE):([^>]*)>$" "\\2" name "${name}")
    if(name IN_LIST seen OR NOT TARGET "${name}")
      continue()
    endif()
    list(APPEND seen "${name}")
    get_target_property(linked ${name} INTERFACE_LINK_LIBRARIES)
    if(linked)
      list(APPEND open ${linked})
    endif()
  endwhile()
  set(${out} "${seen}" PARENT_SCOPE)
endfunction()
