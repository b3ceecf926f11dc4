#pragma once

namespace penfield {

/// From now on large blocks go back to the system when they are freed, so that one stage's memory does not
/// add to the next one's. By default glibc keeps them from the second one on, and a run would hold up to a
/// fifth more memory than `penfield plan` says.
void keep_no_large_blocks();

/// Small blocks that have been freed go back as well. Takes time in proportion to the heap: for the end of a
/// stage.
void give_back_memory();

}  // namespace penfield
