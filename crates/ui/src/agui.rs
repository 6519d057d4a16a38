//! AG-UI 1.0, which CopilotKit and `@ag-ui/client` read.
