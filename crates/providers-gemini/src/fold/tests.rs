use super::GeminiFold;
