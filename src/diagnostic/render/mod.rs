//! One small renderer per format.
