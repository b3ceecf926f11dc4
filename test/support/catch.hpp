#pragma once
// Debian 12 has Catch2 version 2 (header-only). Tests include this file alone, so that a later move is one
// line.
#include <catch2/catch.hpp>
