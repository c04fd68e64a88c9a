//! Seeded network and virtual clock.
