"""Where processes come to life: a runtime starts a supervisor beside every task, sees what is there, and stops it. It never decides what should run."""
