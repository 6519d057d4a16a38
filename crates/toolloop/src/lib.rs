//! Tools and the tool loop: typed tools, registry, executor, limits, step control.
