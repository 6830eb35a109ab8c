"""The IBSI's texture families in every form: averaged or merged, in slices or in three dimensions."""
