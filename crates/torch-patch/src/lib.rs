//! The library installers call: plan, apply, revert and status of patches in an installed Python package.
