"""What people copy: one package a topic, one idea a module."""
