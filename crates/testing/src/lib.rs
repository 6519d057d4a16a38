//! Test kit for applications of the runtime: scripted engine, scripted provider server, expectations.
