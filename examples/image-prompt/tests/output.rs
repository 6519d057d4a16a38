//! The program prints what its README says, with the demo provider.

example_check::answers_as_its_readme_says!();
