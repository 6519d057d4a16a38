//! Typed streaming events for model inference: grammar, sinks, subscriptions, printers.
