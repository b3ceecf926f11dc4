#pragma once
// The fields of a study's results, described once for checkpoints and for frames of run.log. Each function
// names every member of its struct, so that a new member does not compile until it is described here.
#include "host/run/state_archive.hpp"
#include "host/run/study.hpp"

namespace penfield {

void archive(StateArchive& a, StepPoint& point);
void archive(StateArchive& a, LoopGainPoint& point);
void archive(StateArchive& a, MapPoint& point);
void archive(StateArchive& a, readout::MapStudy& study);
/// What is neither a list of points nor of records: loop gains, checks, seconds.
void archive_totals(StateArchive& a, StudyResult& result);
void archive(StateArchive& a, StudyResult& result);

}  // namespace penfield
