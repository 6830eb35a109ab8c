"""The trial of a signature: does the model need what it claims to see, or would its volume do?"""
